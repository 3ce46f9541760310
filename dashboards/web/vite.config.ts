import { fileURLToPath } from 'node:url';
import tailwindcss from '@tailwindcss/vite';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

const repository = fileURLToPath(new URL('../..', import.meta.url));
/** `vite dashboards/web` serves the sources beside a running hub; the built dashboard needs no proxy. */
const hub = process.env.SIGHTLINE_HUB ?? 'http://127.0.0.1:8080';

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  base: '/',
  cacheDir: fileURLToPath(new URL('../../node_modules/.vite-dashboard', import.meta.url)),
  plugins: [react(), tailwindcss()],
  build: {
    target: 'es2023',
    sourcemap: false,
    // no font or picture may become a data: URL, which a strict content security policy refuses
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: true,
  },
  server: {
    host: '127.0.0.1',
    // the camera, overlay and track words are imported from the engine's own sources
    fs: { allow: [repository] },
    proxy: { '/api': hub, '/socket.io': { target: hub, ws: true } },
  },
});
