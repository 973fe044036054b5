import { defineConfig } from 'vite';

/** Where `npm run ui:dev` finds the server whose API it shows. */
const server = process.env.NIGHTJAR_SERVER ?? 'http://127.0.0.1:8080';

export default defineConfig({
  root: import.meta.dirname,
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    // The browsers that know light-dark() and popovers; older ones lack the media formats that matter too.
    target: ['chrome123', 'firefox125', 'safari17.5'],
    // The content security policy lets fonts and styles come from files only.
    assetsInlineLimit: 0,
  },
  server: { proxy: { '/api': { target: server, ws: true, headers: { origin: server } } } },
});
