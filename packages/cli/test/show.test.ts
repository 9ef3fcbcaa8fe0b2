// Guarantee: all that a record says is shown, by index and by id; who it was only when asked for;
// and a record that is not there is told, not another one.
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { errorIn, grantlog, temporaryFolder } from './command.ts'
import { makeSample, type Sample } from './producer.ts'

const { folder, remove } = temporaryFolder()
let sample: Sample
let known: { readonly id: string; readonly index: number; readonly attributes: object }
beforeAll(async () => {
  sample = await makeSample(folder)
  const found = await grantlog(['search', 'user:alice', '--data', sample.data, '--json'])
  known = (JSON.parse(found.stdout) as { records: (typeof known)[] }).records[0]!
})
afterAll(remove)

const show = (...args: string[]) => grantlog(['show', ...args, '--data', sample.data])

test('by its index and by its id it is what a search finds', async () => {
  for (const target of [String(known.index), `#${known.index}`, known.id]) {
    const { code, stdout } = await show(target, '--json')
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toEqual(known)
  }
})

test('as text it has each attribute, and says what is not shown', async () => {
  const { stderr, stdout } = await show(String(known.index))
  expect(stdout).toMatch(new RegExp(`^#${known.index} oauth\\.token success\\n`))
  for (const [name, value] of Object.entries(known.attributes)) {
    expect(stdout).toMatch(new RegExp(`^${name.replaceAll('.', '\\.')} +${String(value)}$`, 'm'))
  }
  expect(stdout).not.toContain('user.id')
  expect(stderr).toMatch(/^\d+ personal attributes are not shown/)
  expect(stderr).toContain(`grantlog prove ${known.index}`)
  const all = await show(known.id, '--show-personal')
  expect(all.stdout).toMatch(/^user\.id +alice$/m)
  expect(all.stderr).not.toContain('not shown')
})

test.each(['999999', 'alice', '01982f3e-7a4c-7cc1-9d2e-0123456789ab', '#', '-1'])(
  '%s is no record',
  async (target) => {
    const result = await grantlog(['show', '--data', sample.data, '--json', '--', target])
    expect(result.code).toBe(1)
    expect(errorIn(result).code).toBe('RECORD_UNKNOWN')
  },
)
