// The page Tokens and sessions: what is alive, what was never used, what should not have been.
import type { ReactNode } from 'react'
import { ButtonLink } from '../parts/button.tsx'
import { Tabs } from '../parts/choice.tsx'
import { Page } from '../parts/page.tsx'
import { usePlace } from '../query/place.tsx'
import { SessionList } from './session-list.tsx'
import { TokenList } from './token-list.tsx'

type Part = 'tokens' | 'sessions'

export function TokensPage(): ReactNode {
  const { get, set } = usePlace()
  const part: Part = get('part') === 'sessions' ? 'sessions' : 'tokens'
  return (
    <Page
      title="Tokens & sessions"
      actions={
        <ButtonLink to="/lineage" icon="link">
          Look up a lineage
        </ButtonLink>
      }
    >
      <Tabs<Part>
        label="Tokens or sessions"
        value={part}
        onChange={(next) => set({ part: next === 'tokens' ? null : next, state: null })}
        tabs={[
          { key: 'tokens', text: 'Tokens', panel: <TokenList /> },
          { key: 'sessions', text: 'Sessions', panel: <SessionList /> },
        ]}
      />
    </Page>
  )
}
