// From an instrumentation, as it is defined, to hooks that run.
import { createCalls } from '../client-call/call.ts'
import { fence } from '../fence.ts'
import type { Instrument, TokenHookOptions } from '../instrument.ts'
import type { Library } from '../modules.ts'
import {
  type AnyFunction,
  entryOf,
  type InstrumentedModule,
  type Instrumentation,
  requireNames,
  type Wrap,
} from './definition.ts'
import { createPatches } from './exports.ts'
import { createSeam } from './seam.ts'

/** The hooks of a library. Nothing happens before it is loaded. */
export function startInstrumentation(
  { name, modules, onSeam }: Instrumentation,
  options: TokenHookOptions,
): Instrument {
  const calls = createCalls(options)
  const patches = createPatches()
  let isStopped = false
  const seam = createSeam(options, { library: name, calls, isStopped: () => isStopped })
  if (onSeam !== undefined) fence(() => onSeam(seam), options.onError)

  const makes = new Map<Wrap, typeof identity>()
  /** Always the same for one wrap, so that a function of two names has one wrapper. */
  function makeOf(wrap: Wrap): typeof identity {
    const make: typeof identity = (original) =>
      fence(() => wrap(original, seam), options.onError) ?? original
    const known = makes.get(wrap) ?? make
    makes.set(wrap, known)
    return known
  }

  function load({ hooks }: InstrumentedModule, exports: object): object {
    const own = Object.entries(hooks).map(([target, wrap]) => [target, makeOf(wrap)])
    return patches.apply(exports, Object.fromEntries(own) as Record<string, typeof identity>)
  }

  function librariesOf(module: InstrumentedModule): Library[] {
    const entry = entryOf(module)
    const onLoad = (exports: object): object => load(module, exports)
    return requireNames(module).map((one) => ({ name: one, entry, onLoad }))
  }

  return {
    libraries: modules.flatMap(librariesOf),
    isHooked: patches.areSet,
    settle: calls.settle,
    disable: () => {
      isStopped = true
      calls.stop()
      patches.restore()
    },
  }
}

const identity = (original: AnyFunction): AnyFunction => original
