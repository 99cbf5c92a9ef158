/** Text for an element or attribute. */
export const escapeXml = (text: string | number): string =>
  String(text).replace(/[&<>"]/g, character =>
    character === '&' ? '&amp;' : character === '<' ? '&lt;' : character === '>' ? '&gt;' : '&quot;',
  );
