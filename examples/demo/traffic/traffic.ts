// All that happens, in order. What each step must leave behind stands in ../expected.ts.
import { apiCalls } from './api-calls.ts'
import { codes } from './codes.ts'
import { logIns } from './log-ins.ts'
import { machines } from './machines.ts'
import type { Step } from './step.ts'
import { tokenLife } from './token-life.ts'
import type { World } from './world.ts'

// The end of a guest's tokens is waited for last.
const all = [...logIns, ...codes, ...apiCalls, ...machines, ...tokenLife] as const

export type StepName = (typeof all)[number]['name']
export const steps: readonly (Step & { readonly name: StepName })[] = all

/** A step that was taken. */
export interface Taken {
  readonly step: (typeof steps)[number]
  /** The trace that its records belong to. */
  readonly traceId: string
  readonly tookMs: number
}

/** Takes the steps in order, each under a trace of its own, and tells of each when it is over. */
export async function* runTraffic(world: World): AsyncGenerator<Taken, void, void> {
  for (const step of steps) yield { step, ...(await takeStep(step, world)) }
}

/** Under a trace of its own. */
export async function takeStep(step: Step, world: World): Promise<Omit<Taken, 'step'>> {
  const traceId = world.nextTrace()
  const began = performance.now()
  try {
    await step.run(world)
  } catch (cause) {
    throw new Error(`the step "${step.name}" went wrong: ${String(cause)}`, { cause })
  }
  return { traceId, tookMs: performance.now() - began }
}
