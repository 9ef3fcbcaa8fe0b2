// The page Records.
import type { ReactNode } from 'react'
import { Page } from '../parts/page.tsx'
import { Empty } from '../parts/states.tsx'

export function RecordsPage(): ReactNode {
  return (
    <Page title="Records">
      <Empty title="Not written yet" />
    </Page>
  )
}
