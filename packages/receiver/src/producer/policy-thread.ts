// The thread that reads a policy, and posts what it says or what is wrong with it. See
// policy-reading.ts, which starts it.
import { parentPort, workerData } from 'node:worker_threads'
import type { ReadPolicy } from './policy-reading.ts'
import { readPolicyText } from './policy-text.ts'

const read = readPolicyText(workerData as string)
const said: ReadPolicy =
  'policy' in read
    ? { document: read.document, hash: read.policy.hash }
    : // Of faults there may be hundreds of thousands.
      { fault: read[0]!, faults: read.length }
parentPort?.postMessage(said)
