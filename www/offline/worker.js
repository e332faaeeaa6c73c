
// Appended to JupyterLite's service worker by scripts/site.sh: its own cache shows what is old first, and leaves out the lists of files. Here what
// the host answers is shown, and kept; where it answers no more, what was kept is shown.
maybeFromCache = async event => {
  const { request } = event;
  try {
    const answer = await fetch(request);
    if (answer.status === 200) {
      event.waitUntil(updateCache(request, answer.clone()));
    }
    return answer;
  } catch (error) {
    const cache = await openCache();
    // a page is the same whichever notebook it opens
    const kept = await cache.match(request, { ignoreSearch: request.mode === 'navigate' });
    if (kept) {
      return kept;
    }
    throw error;
  }
};

shouldDrop = (request, url) =>
  request.method !== 'GET' ||
  url.origin !== location.origin ||
  (url.pathname.includes('/api/') && !url.pathname.endsWith('.json'));
