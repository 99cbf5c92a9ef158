/** Maximum number of filters that one overview counts. */
export const MAX_COUNTS = 32;
