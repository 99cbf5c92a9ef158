/**
 * An unknown pair or flag. It is kept, because newer kernels and other firmware print more than this version knows. The last token of a
 * line may be followed by a space.
 */
export const UNKNOWN = /^(?:[A-Za-z_][\w.-]*=|\[[A-Z][A-Z_]*\]$|$)/;
