// Runs one target through a range of inputs. See fuzz.test.ts and main.ts.
import { createRandom } from '@grantlog/journal/testing'
import { mutated } from './mutate.ts'
import { ownCode, type Target } from './target.ts'

export interface FuzzRange {
  /** Number of the first input; the same number is the same input. */
  readonly from: number
  readonly count: number
}

export interface FuzzFailure {
  readonly input: number
  readonly error: string
  /** The bytes, base64, cut to what a person pastes. */
  readonly bytes: string
}

export interface FuzzResult {
  readonly inputs: number
  /** How many were taken. */
  readonly taken: number
  /** How many were refused, by code. */
  readonly refused: Readonly<Record<string, number>>
  readonly failures: readonly FuzzFailure[]
  /** Bytes of the heap after a collection, early and at the end; 0 where there is no `gc`. */
  readonly heapEarly: number
  readonly heapLate: number
}

export interface FuzzOptions extends FuzzRange {
  /** Of the target: two with the same seeds are changed in different places. */
  readonly name: string
  /** Told before each input, so that a hang has a number. */
  readonly onInput?: (input: number) => void
}

const failuresMax = 10
const bytesTold = 3_000
/** Inputs until caches are full and code is compiled. */
const warmInputs = 2_000

/** The input of a number. */
export function inputOf(
  name: string,
  { seeds }: Pick<Target, 'seeds'>,
  number: number,
): Uint8Array {
  // A right one now and then: a target that refuses everything proves nothing.
  if (number % 64 === 0) return seeds[(number / 64) % seeds.length]!
  return mutated(seeds, createRandom(seedOf(name, number)))
}

export async function fuzz(target: Target, options: FuzzOptions): Promise<FuzzResult> {
  const { count, from, name, onInput } = options
  const refused = new Map<string, number>()
  const refuse = (code: string): void => void refused.set(code, (refused.get(code) ?? 0) + 1)
  const failures: FuzzFailure[] = []
  let taken = 0
  let heapEarly = 0
  let inputs = 0
  for (; inputs < count && failures.length < failuresMax; inputs++) {
    const number = from + inputs
    if (inputs === warmInputs) heapEarly = heapNow()
    onInput?.(number)
    const input = inputOf(name, target, number)
    try {
      if ((await target.read(input)) === false) refuse('false')
      else taken++
    } catch (error) {
      const code = ownCode(error)
      if (code === undefined) failures.push(failureOf(number, input, error))
      else refuse(code)
    }
  }
  const heaps = { heapEarly, heapLate: heapNow() }
  return { inputs, taken, refused: Object.fromEntries(refused), failures, ...heaps }
}

function failureOf(input: number, bytes: Uint8Array, error: unknown): FuzzFailure {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
  return { input, error: text, bytes: Buffer.from(bytes).toString('base64').slice(0, bytesTold) }
}

/** FNV-1a over the name. */
function seedOf(name: string, number: number): number {
  let hash = 0x811c9dc5
  for (const byte of Buffer.from(name)) hash = Math.imul(hash ^ byte, 0x01000193)
  return (hash ^ Math.imul(number + 1, 0x9e3779b1)) >>> 0
}

function heapNow(): number {
  if (globalThis.gc === undefined) return 0
  globalThis.gc()
  return process.memoryUsage().heapUsed
}
