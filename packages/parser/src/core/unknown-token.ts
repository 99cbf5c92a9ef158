/** A pair or a flag that no table has: kept, as newer kernels and other firmware print more than there is today. Behind a line's last token a space may stand. */
export const UNKNOWN = /^(?:[A-Za-z_][\w.-]*=|\[[A-Z][A-Z_]*\]$|$)/;
