// The spool of one process or worker thread: folders `<root>/<instance>` and
// `<root>/<instance>.refused`, each a journal, and the folders of the dead that it adopts.
import { basename } from 'node:path'
import type { KeyObject } from 'node:crypto'
import { refusedShare, renewIntervalMs } from '../../limits.ts'
import type { Notify } from '../../notice.ts'
import type { Outgoing } from '../outgoing.ts'
import { type Adoption, createAdoption } from './adoption.ts'
import { createSpoolCipher } from './cipher.ts'
import type { SpoolDisk } from './disk.ts'
import { adoptFolder, type FolderOptions, makeFolder, type SpoolFolder } from './folder.ts'
import type { Lane } from './lane.ts'
import { createJudge, type Witness } from './owner.ts'
import { createStore, type Store, type StoreOptions } from './store.ts'

export interface SpoolOptions {
  readonly disk: SpoolDisk
  readonly lane: Lane
  /** The folder of all spool folders. */
  readonly root: string
  readonly instance: string
  readonly privateKey: KeyObject
  /** Of all folders together; 0: no spool. */
  readonly bytesMax: number
  readonly witness: Witness
  readonly main: Pick<StoreOptions, 'mustSync' | 'onWritten' | 'onDurable' | 'onUnavailable'>
  /** Keeps a refused batch of an adopted folder; false: no room. */
  readonly keep: (batch: Outgoing) => boolean
  /** Something was adopted. */
  readonly onAdopted: () => void
  readonly notify: Notify
}

export interface Spool {
  readonly main: Store
  readonly refused: Store
  readonly adoption: Adoption
  /** Our folders, and those that we have taken over. */
  readonly held: () => SpoolFolder[]
  /** Says that we live, and looks for the dead; one call does it once. Never rejects. */
  readonly renew: () => Promise<void>
  /** Calls `renew` from now on, by a timer that is unref'd. */
  readonly start: () => void
  readonly stop: () => void
}

/** See the head of this file. */
export function createSpool(options: SpoolOptions): Spool {
  const { disk, lane, root, instance, witness, notify, bytesMax } = options
  const isOn = bytesMax > 0
  let made = 0
  const folderOptions = (path: string): FolderOptions => ({
    disk,
    path,
    self: witness.self,
    cipher: createSpoolCipher(options.privateKey, basename(path)),
  })
  const open = (suffix: string) => async (): Promise<SpoolFolder> => {
    const count = made++
    const again = count < 2 ? '' : `.${count}`
    return makeFolder(folderOptions(`${root}/${instance}${suffix}${again}`))
  }
  const common = { lane, notify, nowMs: witness.nowMs, isOn }
  const refused = createStore({
    ...common,
    open: open('.refused'),
    roomBytes: () => refusedShare * (bytesMax - adoption.foreignBytes()),
    mustSync: () => false,
    onWritten: () => undefined,
    onDurable: () => undefined,
    onUnavailable: () => undefined,
  })
  const main = createStore({
    ...common,
    ...options.main,
    open: open(''),
    roomBytes: () => bytesMax - adoption.foreignBytes() - refused.diskBytes(),
  })
  const folders = (): SpoolFolder[] =>
    [main.folder(), refused.folder()].filter((one) => one !== null)
  const adoption = createAdoption({
    disk,
    lane,
    root,
    own: () => folders().map(({ path }) => path),
    isDead: createJudge(witness),
    adopt: (path, generation) => adoptFolder(folderOptions(path), generation),
    keep: options.keep,
    areKept: () => refused.unwritten().length === 0,
    notify,
    nowMs: witness.nowMs,
  })

  async function renew(): Promise<void> {
    await main.renew()
    await refused.renew()
    await adoption.renew()
    if (!isOn || adoption.held() !== null) return
    await adoption.scan()
    if (adoption.held() !== null) options.onAdopted()
  }

  let timer: NodeJS.Timeout | undefined
  let isRenewing = false
  const tick = (): void => {
    if (isRenewing) return
    isRenewing = true
    void renew().finally(() => (isRenewing = false))
  }
  return {
    main,
    refused,
    adoption,
    held: () => [...folders(), adoption.held()].filter((one) => one !== null),
    renew,
    start: () => {
      timer = setInterval(tick, renewIntervalMs).unref()
      if (isOn) tick()
    },
    stop: () => clearInterval(timer),
  }
}
