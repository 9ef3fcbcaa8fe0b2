// The page Integrity.
import type { ReactNode } from 'react'
import { Page } from '../parts/page.tsx'
import { Empty } from '../parts/states.tsx'

export function IntegrityPage(): ReactNode {
  return (
    <Page title="Integrity">
      <Empty title="Not written yet" />
    </Page>
  )
}
