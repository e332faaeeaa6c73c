// What a page loads before its first service worker is there does not pass through it: it is asked for once more, so that the page can be opened
// when its host is gone; and with it the kernel, the notebooks and what they import, in FILES, which scripts/site.sh puts before this.
performance.setResourceTimingBufferSize(2000);
navigator.serviceWorker?.ready.then(async () => {
  if (!navigator.serviceWorker.controller) {
    await new Promise(resolve => navigator.serviceWorker.addEventListener('controllerchange', resolve, { once: true }));
  }
  const loaded = performance.getEntriesByType('resource').map(entry => entry.name);
  const files = ['index.html', ...FILES].map(path => new URL(`../${path}`, location.href).href);
  for (const url of new Set([location.href, ...loaded, ...files])) {
    if (new URL(url).origin === location.origin) {
      await fetch(url).catch(() => undefined);
    }
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
