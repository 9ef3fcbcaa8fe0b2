// What targets begin with: a real ledger with records of one producer.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type Bundle,
  createLedger,
  encodeEnrolment,
  type Folders,
  foldersUnder,
  makeBundles,
  openLedger,
  openReader,
} from '@grantlog/ledger'
import { person, spanOf, testProducer } from '../../../../packages/ledger/test/producer.ts'

export interface MadeLedger {
  readonly data: string
  readonly folders: Folders
  readonly logKey: string
  readonly bundles: readonly Bundle[]
  /** Of each commit: its leaves, one after the other, and what lies encrypted in it. */
  readonly commits: readonly { readonly leaves: Uint8Array; readonly plaintext: Uint8Array }[]
  /** The signed note of the newest checkpoint. */
  readonly checkpoint: string
  remove(): Promise<void>
}

const commitsMade = 3
const recordsInCommit = 3

export async function makeLedger(): Promise<MadeLedger> {
  const data = await mkdtemp(join(tmpdir(), 'grantlog-fuzz-'))
  const folders = foldersUnder(data)
  const { logKey } = await createLedger(folders, 'fuzz.example/log')
  const ledger = await openLedger(folders)
  const { batch, enrolment, kid } = testProducer()
  await ledger.commitContent({ type: 'key', id: kid, content: encodeEnrolment(enrolment) })
  for (let commit = 0; commit < commitsMade; commit++) {
    const spans = Array.from({ length: recordsInCommit }, (_, at) =>
      spanOf({ seq: commit * recordsInCommit + at, attributes: person(`person ${at}`) }),
    )
    await ledger.commit(batch(spans))
  }
  await ledger.close()
  const reader = await openReader(folders)
  const bundles: Bundle[] = []
  for await (const bundle of makeBundles(reader, () => true, { disclose: 'all' })) {
    bundles.push(bundle)
  }
  const commits: { leaves: Uint8Array; plaintext: Uint8Array }[] = []
  for await (const { leaves, plaintext } of reader.plainFrames(0)) {
    commits.push({ leaves: Uint8Array.from(leaves), plaintext: Uint8Array.from(plaintext) })
  }
  await reader.close()
  const checkpoint = bundles[0]!.proof.split('\n\n').slice(1).join('\n\n')
  const remove = (): Promise<void> => rm(data, { recursive: true, force: true })
  return { data, folders, logKey, bundles, commits, checkpoint, remove }
}
