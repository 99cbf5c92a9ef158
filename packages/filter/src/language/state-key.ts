/** A state together with its protocol, whose states have numbers of their own; −1 when it is absent. */
export const stateKey = (protonum: number, state: number): number => (protonum << 8) | state;
