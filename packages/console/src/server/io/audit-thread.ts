// The thread that verifies a log: it reads the folders like `grantlog verify`, and posts messages.
import { parentPort, workerData } from 'node:worker_threads'
import { audit, auditTreeOnly, type Folders } from '@grantlog/ledger'
import type { RunMessage } from '../runs.ts'

interface Order {
  readonly what: 'tree' | 'full'
  readonly folders: Folders
  readonly logKey: string
}

const { folders, logKey, what } = workerData as Order
const every = 4_096
let next = 0
const onProgress = (done: number, of: number): void => {
  if (done < next) return
  next = done + every
  parentPort?.postMessage({ done, of })
}
const check = what === 'tree' ? auditTreeOnly : audit
const { findings: found, findingsCount, size } = await check({ folders, logKey, onProgress })
const findings = found.map(({ code, detail, index = null, where }) => ({
  ...{ code, index, what: `${where}: ${detail}` },
}))
parentPort?.postMessage({ findings, findingsCount, size } satisfies RunMessage)
