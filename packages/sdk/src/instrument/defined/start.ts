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

  function load({ hooks }: InstrumentedModule, exports: object): object {
    const makes = Object.entries(hooks).map(([target, wrap]) => {
      const make = (original: AnyFunction): AnyFunction =>
        fence(() => wrap(original, seam), options.onError) ?? original
      return [target, make]
    })
    return patches.apply(exports, Object.fromEntries(makes) as Record<string, typeof identity>)
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
