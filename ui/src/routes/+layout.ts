/** Everything is rendered in the browser; the server only hands out the shell and the API. */
export const ssr = false;
export const prerender = false;
