// Guarantee: whoever changes the list of enrolled keys loses nobody else's change, and never
// writes a list that the receiver would not read.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { generateEd25519, thumbprint } from '../crypto.ts'
import type { Enrolment } from '../format/enrolment.ts'
import { changeEnrolledFile, readEnrolledFile } from './enrolled.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grantlog-enrolled-'))
})
afterAll(() => rm(folder, { recursive: true }))

function enrolment(): Enrolment {
  const { publicKey } = generateEd25519()
  return {
    assurance: 'issuer-asserted',
    audience: 'default',
    issuers: [],
    kid: thumbprint(publicKey),
    publicKey: Buffer.from(publicKey).toString('base64url'),
    roles: ['client'],
    services: ['shop'],
    validFrom: 0,
    validUntil: 1,
  }
}

test('two changes at once are both there', async () => {
  const path = join(folder, 'both.json')
  const [one, two] = [enrolment(), enrolment()]
  await Promise.all(
    [one, two].map((each) => changeEnrolledFile(path, (before) => [...before, each])),
  )
  const kids = (await readEnrolledFile(path)).map(({ kid }) => kid)
  expect(new Set(kids)).toEqual(new Set([one.kid, two.kid]))
})

test('what is refused leaves the list and no lock', async () => {
  const path = join(folder, 'refused.json')
  await changeEnrolledFile(path, () => [enrolment()])
  const text = await readFile(path, 'utf8')
  const wrong = { ...enrolment(), kid: 'another' }
  const changing = changeEnrolledFile(path, (before) => [...before, wrong])
  await expect(changing).rejects.toMatchObject({ code: 'LEDGER_FORMAT' })
  const long = { ...enrolment(), services: ['x'.repeat(8 * 1024 * 1024)] }
  const growing = changeEnrolledFile(path, (before) => [...before, long])
  await expect(growing).rejects.toMatchObject({ code: 'LEDGER_LIMIT' })
  expect(await readFile(path, 'utf8')).toBe(text)
  await changeEnrolledFile(path, (before) => before)
  expect(await readFile(path, 'utf8')).toBe(text)
})

test('a list that is none is not written over', async () => {
  const path = join(folder, 'wrong.json')
  await writeFile(path, '{}')
  const changing = changeEnrolledFile(path, () => [])
  await expect(changing).rejects.toMatchObject({ code: 'ENROLLED_MALFORMED' })
})
