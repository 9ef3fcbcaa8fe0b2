// Guarantee: a record that is marked as observed verifies under an observer's key alone, and such a
// key's without the mark under none; whatever records of the same scope stand before it.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { ATTR, type Span } from '@grantlog/record'
import { spanOf, testProducer } from '../../test/producer.ts'
import { type Folders, foldersUnder } from '../folders.ts'
import { encodeEnrolment } from '../format/enrolment.ts'
import { readPublicKeys } from '../io/log-keys.ts'
import { createLedger, openLedger } from '../open.ts'
import { audit } from './audit.ts'

let root: string
let folders: Folders

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'grantlog-observed-'))
  folders = foldersUnder(root)
  await createLedger(folders, 'observed.example/log')
})
afterEach(() => rm(root, { recursive: true, force: true }))

/** Leaves before the first record: the log's own, and the key. */
const leavesBefore = 2

/** Commits spans, as a receiver that judges nothing would; gives the places of those found. */
async function foundIn(roles: string[], spans: readonly Span[]): Promise<number[]> {
  const producer = testProducer()
  const ledger = await openLedger(folders)
  const content = encodeEnrolment({ ...producer.enrolment, roles })
  await ledger.commitContent({ type: 'key', id: producer.kid, content })
  await ledger.commit(producer.batch(spans))
  await ledger.close()
  const { logKey } = await readPublicKeys(folders.keys)
  const { findings } = await audit({ folders, logKey })
  expect(findings.filter(({ code }) => code !== 'RECORD_FORGED')).toEqual([])
  return findings.map(({ index = 0 }) => index - leavesBefore)
}

const of = (role: string, observedBy?: string) => (seq: number) =>
  spanOf({
    seq,
    attributes: [
      [ATTR.OAUTH_ROLE, role],
      ...(observedBy === undefined ? [] : [[ATTR.AUDIT_OBSERVED_BY, observedBy] as const]),
    ],
  })

const ownWord = of('authorization_server')
const seen = of('observer', 'keycloak')

test('each as it may be: nothing is found', async () => {
  const both = ['authorization_server', 'observer']
  expect(await foundIn(both, [ownWord(0), seen(1), seen(2), ownWord(3)])).toEqual([])
})

test('the mark under a role that signs for itself is found, behind a sound record', async () => {
  const marked = of('authorization_server', 'keycloak')
  expect(await foundIn(['authorization_server'], [ownWord(0), marked(1), ownWord(2)])).toEqual([1])
})

test("an observer's record without the mark is found, behind a sound record", async () => {
  expect(await foundIn(['observer'], [seen(0), of('observer')(1), seen(2)])).toEqual([1])
})
