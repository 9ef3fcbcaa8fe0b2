// The page Roles & scopes.
import type { ReactNode } from 'react'
import { Page } from '../parts/page.tsx'
import { Empty } from '../parts/states.tsx'

export function ScopesPage(): ReactNode {
  return (
    <Page title="Roles & scopes">
      <Empty title="Not written yet" />
    </Page>
  )
}
