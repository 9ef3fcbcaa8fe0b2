// The head of every page: which log this is, how it is, and the reader's settings.
import { type ReactNode, useState } from 'react'
import { Link } from 'wouter'
import type { State } from '../../api/health.ts'
import { useAsk } from '../ask/use-ask.tsx'
import { IconButton } from '../parts/button.tsx'
import { countText } from '../parts/numbers.ts'
import { Badge, type Tone } from '../parts/outcome.tsx'
import { Value } from '../parts/value.tsx'
import { Settings } from './settings.tsx'

const REFRESH_MS = 3_000

/** The same question wherever it is asked, so one answer serves all. */
export function useLogState(): State | undefined {
  return useAsk<State>('state', {}, { everyMs: REFRESH_MS }).data
}

export function Head({ onHelp }: { readonly onHelp: () => void }): ReactNode {
  const state = useLogState()
  const [isOpen, setOpen] = useState(false)
  return (
    <header className="head">
      <Link href="/" className="brand">
        Grantlog
      </Link>
      <div className="head-log">{state === undefined ? null : <LogState state={state} />}</div>
      <div className="head-tools">
        <IconButton icon="question" label="Keys" onPress={onHelp} />
        <IconButton icon="settings" label="Settings" onPress={() => setOpen(true)} />
      </div>
      <Settings isOpen={isOpen} onClose={() => setOpen(false)} version={state?.version ?? ''} />
    </header>
  )
}

const integrities: Readonly<Record<State['integrity'], readonly [Tone, string]>> = {
  consistent: ['good', 'self-consistent'],
  unknown: ['plain', 'not verified yet'],
  broken: ['failure', 'broken'],
}

function LogState({ state }: { readonly state: State }): ReactNode {
  const [tone, word] = integrities[state.integrity]
  const { published, verifiedSize } = state
  const isOld = state.integrity === 'consistent' && verifiedSize < published
  const text = isOld ? `${word} up to ${countText(verifiedSize)}` : word
  return (
    <>
      <Value text={state.origin} mono />
      <Link href="/integrity" className="head-integrity" title="Integrity of the log">
        <Badge tone={tone} text={text} />
      </Link>
      <span className="head-count">{countText(state.records)} records</span>
      {state.behind > 0 ? (
        <span className="head-count" title="Commits of the log that are not indexed yet">
          {countText(state.behind)} to index
        </span>
      ) : null}
      {state.receiver ? null : <Badge tone="denied" text="no receiver" />}
    </>
  )
}
