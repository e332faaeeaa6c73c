
// Appended to JupyterLite's service worker by scripts/site.sh: its own cache shows what is old first, and leaves out the lists of files. Here what
// the host answers is shown, and kept; where it answers no more, what was kept is shown. Of a page's address what is behind the `?` is not kept: it may
// be a cell with a password.
maybeFromCache = async event => {
  const { request } = event;
  // a page is the same whichever notebook it opens
  const key = request.mode === 'navigate' ? request.url.replace(/[?#].*/s, '') : request;
  try {
    const answer = await fetch(request);
    if (answer.status === 200) {
      event.waitUntil(updateCache(key, answer.clone()));
    }
    return answer;
  } catch (error) {
    const cache = await openCache();
    // a part of the kernel is asked for with a version behind its name, which has one
    const kept = (await cache.match(key)) ?? (await cache.match(key, { ignoreSearch: true }));
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
