// What is made from the sections: the JSON Schema for editors, and the table of README.md. Written
// by scripts/generate.ts; see schema.test.ts.
import { z } from 'zod'
import { configSchema, settings } from './schema.ts'

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
