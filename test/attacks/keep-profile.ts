// node --conditions=@grantlog/source test/attacks/keep-profile.ts
//
// Plays everything on real servers, and keeps which attributes the records of each kind had: what
// the simulator's records are held against (simulator.test.ts). For when the SDK records other
// things.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createProcesses } from '../../examples/demo/stage/processes.ts'
import { playedEvents } from './played/events.ts'
import { play } from './played/play.ts'
import { profileOf } from './profile.ts'

const processes = createProcesses([])
const folder = mkdtempSync(join(tmpdir(), 'grantlog-attacks-'))
try {
  const events = await playedEvents(await play({ processes, folder }))
  const profile = profileOf(events.map(({ event }) => event))
  const path = join(import.meta.dirname, 'kept-profile.json')
  writeFileSync(path, `${JSON.stringify(profile, null, 2)}\n`)
} finally {
  await processes.stopAll()
  rmSync(folder, { recursive: true, force: true })
}
