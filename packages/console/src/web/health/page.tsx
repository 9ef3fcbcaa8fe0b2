// The page Health.
import type { ReactNode } from 'react'
import { Page } from '../parts/page.tsx'
import { Empty } from '../parts/states.tsx'

export function HealthPage(): ReactNode {
  return (
    <Page title="Health">
      <Empty title="Not written yet" />
    </Page>
  )
}
