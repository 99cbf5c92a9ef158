/** Why something failed, as a message. */
export const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
