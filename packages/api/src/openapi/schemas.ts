const isEmpty = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length === 0;

/** Replaces `additionalProperties: {}` by the equivalent `true`: some tools reject `{}`, Scalar among them. */
export function openSchemas(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(openSchemas);
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [
      name,
      name === 'additionalProperties' && isEmpty(member) ? true : openSchemas(member),
    ]),
  );
}
