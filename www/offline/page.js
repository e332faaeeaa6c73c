// What a page loads before its first service worker is there does not pass through it: what the cache lacks of it is asked for once more, so that the
// page can be opened when its host is gone; and with it the kernel, the notebooks and what they import, in FILES. MADE tells one site from the next, of
// which all is asked for again whose name does not tell its content. scripts/site.sh puts both before this.
performance.setResourceTimingBufferSize(2000);
navigator.serviceWorker?.ready.then(async () => {
  if (!navigator.serviceWorker.controller) {
    await new Promise(resolve => navigator.serviceWorker.addEventListener('controllerchange', resolve, { once: true }));
  }
  // the worker's own
  const cache = await caches.open('precache');
  const stamp = new URL('../offline.made', location.href).href;
  const isNew = (await (await cache.match(stamp))?.text()) !== MADE;
  if (isNew) {
    // as pages were kept once: with the code that they were to run
    for (const request of await cache.keys()) {
      if (/\/(\w+\.html)?\?/.test(request.url)) {
        await cache.delete(request);
      }
    }
  }
  const loaded = performance.getEntriesByType('resource').map(entry => entry.name);
  const files = ['index.html', ...FILES].map(path => new URL(`../${path}`, location.href).href);
  let isWhole = true;
  for (const url of new Set([location.href.replace(/[?#].*/s, ''), ...loaded, ...files])) {
    const { origin, pathname } = new URL(url);
    // what the worker leaves to the host is never there
    const isKept = origin === location.origin && (!pathname.includes('/api/') || pathname.endsWith('.json'));
    const isNamed = /\.[0-9a-f]{7,}\.\w+$/.test(pathname);
    if (isKept && ((isNew && !isNamed) || !(await cache.match(url, { ignoreSearch: isNamed })))) {
      await fetch(url).catch(() => (isWhole = false));
    }
  }
  if (isNew && isWhole) {
    await cache.put(stamp, new Response(MADE));
  }
});

// At its second load JupyterLite takes the service worker for one of another version, and registers it anew: without a host there would be none.
const unregister = globalThis.ServiceWorkerRegistration?.prototype.unregister;
if (unregister) {
  ServiceWorkerRegistration.prototype.unregister = async function () {
    try {
      await fetch(this.active.scriptURL, { method: 'HEAD', cache: 'no-store' });
    } catch {
      return false;
    }
    return unregister.call(this);
  };
}
