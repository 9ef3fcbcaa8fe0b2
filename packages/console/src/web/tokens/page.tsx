// The page Tokens & sessions.
import type { ReactNode } from 'react'
import { Page } from '../parts/page.tsx'
import { Empty } from '../parts/states.tsx'

export function TokensPage(): ReactNode {
  return (
    <Page title="Tokens & sessions">
      <Empty title="Not written yet" />
    </Page>
  )
}
