// Guarantee: the schema that editors read says of a file what `config check` says.
import { expect, test } from '@jest/globals'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { format, resolveConfig } from 'prettier'
import { jsonSchema, settingsTable } from './document.ts'

const folder = join(import.meta.dirname, '..', '..')

test('grantlog.schema.json and the table of README.md are made from the sections', async () => {
  const filepath = join(folder, 'grantlog.schema.json')
  const made = await format(JSON.stringify(jsonSchema()), {
    ...(await resolveConfig(filepath)),
    filepath,
  })
  expect(readFileSync(filepath, 'utf8')).toBe(made)
  expect(readFileSync(join(folder, 'README.md'), 'utf8')).toContain(settingsTable())
})

test('a form is closed: an editor marks a key that is not there', () => {
  const text = JSON.stringify(jsonSchema())
  const objects = text.match(/"type":"object"/g) ?? []
  const closed = text.match(/"additionalProperties":(false|\{)/g) ?? []
  expect(closed).toHaveLength(objects.length)
  for (const ours of ['"flag"', '"env":"GRANTLOG', '"isPath"']) expect(text).not.toContain(ours)
})
