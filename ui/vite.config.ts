import { defineConfig } from "vitest/config";
import { svelte } from "@sveltejs/vite-plugin-svelte";
import { svelteTesting } from "@testing-library/svelte/vite";

// `VITE_BACKEND=fake` builds a window that runs in any browser on invented leads (screenshots,
// design work). Without it the fake is not even in the bundle.
const fake = process.env.VITE_BACKEND === "fake";

export default defineConfig({
  plugins: [svelte(), svelteTesting()],
  clearScreen: false,
  define: { __FAKE__: JSON.stringify(fake || process.env.VITEST === "true") },
  build: {
    outDir: fake ? "../target/ui-fake" : "dist",
    emptyOutDir: true,
    target: ["safari16.4", "chrome111"],
    assetsInlineLimit: 0, // fonts as data: URLs would fall to the content policy
    modulePreload: { polyfill: false },
  },
  server: { watch: { ignored: ["**/src-tauri/**", "**/target/**"] } },
  test: {
    environment: "jsdom",
    include: ["tests/**/*.test.ts"],
    setupFiles: ["tests/setup.ts"],
    testTimeout: 20_000,
  },
});
