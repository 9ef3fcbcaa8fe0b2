// Instrumentations of libraries that are not in instruments.ts. They can be added before the SDK
// starts and while it runs. The list is the thread's, for a program may load this package twice.
import { defineInstrumentation, type Instrumentation } from './defined/definition.ts'

/** Starts one; returns how to take it out. */
type Start = (own: Instrumentation) => () => void

/** Puts the hooks of a module into its exports. */
type HandOver = (module: string, exports: object) => object

interface Added {
  readonly own: Set<Instrumentation>
  /** Of the SDK that runs; null: none does. */
  start: Start | null
  readonly stops: Map<Instrumentation, () => void>
  /** Of the SDK that runs. */
  handOver?: HandOver | undefined
}

const key = Symbol.for('@grantlog/sdk instrumentations')

function addedHere(): Added {
  const global = globalThis as { [key]?: Added }
  return (global[key] ??= { own: new Set(), start: null, stops: new Map() })
}

/**
 * Adds it to the audit of this thread, whether that runs already or is started later. The library
 * has to be loaded after that. Returns how to take it out again. Throws as defineInstrumentation.
 */
export function addInstrumentation(own: Instrumentation): () => void {
  defineInstrumentation(own)
  const added = addedHere()
  if (!added.own.has(own)) {
    added.own.add(own)
    startOne(added, own)
  }
  return () => {
    added.own.delete(own)
    stopOne(added, own)
  }
}

/** The exports of a module, with the hooks of the SDK that runs; without it as they are. */
export function handOver(module: string, exports: object): object {
  return addedHere().handOver?.(module, exports) ?? exports
}

/** Takes modules from now on; returns how to stop. */
export function takeOver(take: HandOver): () => void {
  const added = addedHere()
  added.handOver = take
  return () => {
    if (added.handOver === take) added.handOver = undefined
  }
}

/** Has all that are added started, now and later; returns how to stop them. */
export function followAdded(start: Start): () => void {
  const added = addedHere()
  added.start = start
  for (const own of added.own) startOne(added, own)
  return () => {
    added.start = null
    for (const own of added.own) stopOne(added, own)
  }
}

function startOne({ start, stops }: Added, own: Instrumentation): void {
  if (start !== null) stops.set(own, start(own))
}

function stopOne({ stops }: Added, own: Instrumentation): void {
  stops.get(own)?.()
  stops.delete(own)
}
