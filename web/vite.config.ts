// SPDX-License-Identifier: Apache-2.0
/* The console is plain files served by the API under /console/. Nothing in them needs more than script-src 'self'. */

import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

const API = process.env["COUNTERSEAL_URL"] ?? "http://127.0.0.1:8400";

export default defineConfig({
  base: "/console/",
  plugins: [react()],
  build: {
    outDir: "../src/counterseal/http/console",
    emptyOutDir: true,
    target: "es2023",
    assetsInlineLimit: 0, // a data: font or script would need a wider policy
    modulePreload: { polyfill: false },
    reportCompressedSize: true,
    chunkSizeWarningLimit: 300,
  },
  server: { proxy: { "/v1": API } }, // `npm run dev` beside a running server
});
