import type { Context } from '../context.js';
export const event = async (_: Context): Promise<number> => 0;
