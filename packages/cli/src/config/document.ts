// What is made from the sections: the JSON Schema for editors, and the table of README.md. Written
// by scripts/generate.ts; see schema.test.ts.
import { z } from 'zod'
import { aboutOf, configSchema, fallbackOf, settings, unwrapped } from './schema.ts'

/** The form of a grantlog.yaml as it is written, in draft 7, which editors read. */
export function jsonSchema(): object {
  const schema = z.toJSONSchema(configSchema, {
    target: 'draft-7',
    io: 'input',
    override: ({ jsonSchema: part }) => {
      for (const ours of ['flag', 'env', 'isPath']) delete part[ours]
    },
  })
  return { title: 'grantlog.yaml', ...schema }
}

/** The table in Markdown. */
export function settingsTable(): string {
  const head = ['| Setting | Flag | Variable | Default | What |', '|---|---|---|---|---|']
  const rows = settings().map(({ description, env, fallback, flag, path }) => {
    const shown = fallback === undefined ? '' : `\`${JSON.stringify(fallback)}\``
    const flagShown = flag === undefined ? '' : `\`${flag}\``
    return `| \`${path.join('.')}\` | ${flagShown} | \`${env}\` | ${shown} | ${description} |`
  })
  return [...head, ...rows].join('\n')
}

/** What a sink has, by its type, as a table in Markdown. */
export function sinksTable(): string {
  const { element } = unwrapped(configSchema.shape.sinks) as z.ZodArray<z.ZodDiscriminatedUnion>
  const members = new Map<string, { row: string; types: string[] }>()
  for (const { shape } of element.options as z.ZodObject[]) {
    const type = [...(shape.type as z.ZodLiteral<string>).values][0]!
    for (const [name, schema] of Object.entries(shape as Record<string, z.ZodType>)) {
      if (name === 'type') continue
      const row = rowOf(schema)
      const key = `${name} ${row}`
      const there = members.get(key) ?? { row: `| \`${name}\` | {} | ${row} |`, types: [] }
      members.set(key, { ...there, types: [...there.types, `\`${type}\``] })
    }
  }
  const head = ['| Of a sink | Types | Default | What |', '|---|---|---|---|']
  const all = element.options.length
  const rows = [...members.values()].map(({ row, types }) =>
    row.replace('{}', types.length === all ? 'all' : types.join(', ')),
  )
  return [...head, ...rows].join('\n')
}

function rowOf(schema: z.ZodType): string {
  const { description = '' } = aboutOf(schema)
  const fallback = fallbackOf(schema)
  return `${fallback === undefined ? '' : `\`${JSON.stringify(fallback)}\``} | ${description}`
}
