import { FIELDS, operatorsOf } from '@conntrack/filter';
import { FIELD_DOCS } from '@conntrack/filter/docs';

/** One row of the page on filter fields. */
export interface FieldRow {
  name: string;
  aliases: string;
  type: string;
  operators: string;
  summary: string;
  source: string;
  requires: string;
}

export declare const data: FieldRow[];

export default {
  load: (): FieldRow[] =>
    FIELDS.map(field => ({
      name: field.name,
      aliases: field.aliases.join(', '),
      type: field.values ? field.values.join(', ') : field.type,
      operators: operatorsOf(field).join(', '),
      ...FIELD_DOCS[field.name],
      requires: field.requires ?? '',
    })),
};
