/** Combines a state with its protocol, because each protocol numbers its states differently. Returns −1 for an absent state. */
export const stateKey = (protonum: number, state: number): number => (protonum << 8) | state;
