/** The part of a JSON Schema that the reference is made from. */
interface Schema {
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: boolean | Schema;
  /** The forms in which it may be written. */
  readonly anyOf?: readonly Schema[];
}

const START = '<!-- keys -->\n';
const END = '<!-- /keys -->\n';

/** Those that others are like come before them. */
const ORDER = ['dsn', 'targets', 'queries', 'metrics', 'packs', 'defaults'];

/** The page with a section for each key of the configuration, in the words of its schema. */
export function withKeys(page: string, schema: object): string {
  const [before, rest = ''] = page.split(START);
  const after = rest.split(END)[1];
  if (after === undefined) throw new Error(`the page has no "${START.trim()}" and "${END.trim()}"`);
  const { properties = {} } = schema as Schema;
  const rank = ([key]: readonly [string, Schema]): number => (ORDER.includes(key) ? ORDER.indexOf(key) : ORDER.length);
  const sorted = Object.entries(properties).sort((a, b) => rank(a) - rank(b));
  return `${before}${START}\n${describeKeys(sorted, '', 3, new Map()).join('\n\n')}\n\n${END}${after}`;
}

/** `described`: paths by their text. A key that means the same as one before is named, not described again. */
function describeKeys(
  keys: readonly (readonly [string, Schema])[],
  prefix: string,
  depth: number,
  described: Map<string, string>,
): readonly string[] {
  const same: string[] = [];
  const sections = keys.flatMap(([key, schema]) => {
    const path = `${prefix}${key}`;
    const { description = '' } = schema;
    const { properties = {}, additionalProperties: entry } = withForms(schema);
    if (described.has(`${key}: ${description}`)) {
      same.push(`\`${key}\``);
      return [];
    }
    described.set(`${key}: ${description}`, path);
    return [
      `${'#'.repeat(depth)} \`${path}\`\n\n${description}`,
      ...describeKeys(Object.entries(properties), `${path}.`, depth + 1, described),
      ...(typeof entry === 'object'
        ? describeKeys(Object.entries(withForms(entry).properties ?? {}), `${path}.*.`, depth + 1, described)
        : []),
    ];
  });
  if (same.length === 0) return sections;
  return [...sections, `Under \`${prefix.slice(0, -1)}\`, as described above: ${same.join(', ')}.`];
}

/** Where there are several forms, that one counts which has keys. */
function withForms(schema: Schema): Schema {
  const hasKeys = ({ properties, additionalProperties }: Schema) =>
    properties !== undefined || typeof additionalProperties === 'object';
  return hasKeys(schema) ? schema : (schema.anyOf?.find(hasKeys) ?? schema);
}
