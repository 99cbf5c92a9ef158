/** Text for an element or attribute. */
const escapeXml = (text: string | number): string =>
  String(text).replace(/[&<>"]/g, character =>
    character === '&' ? '&amp;' : character === '<' ? '&lt;' : character === '>' ? '&gt;' : '&quot;',
  );

/** An element with text in it; nothing where there is no value. */
export const element = (name: string, value: string | number | undefined): string =>
  value === undefined ? '' : `<${name}>${escapeXml(value)}</${name}>`;
