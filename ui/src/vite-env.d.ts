/// <reference types="svelte" />
/// <reference types="vite/client" />

/** True in builds that run on invented leads, without the desktop shell. */
declare const __FAKE__: boolean;
