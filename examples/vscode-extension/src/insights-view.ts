import type { InsightOut, Session } from '@achilles/mcp-client'
import {
  type Disposable,
  EventEmitter,
  ThemeColor,
  ThemeIcon,
  type TreeDataProvider,
  TreeItem,
  type TreeView,
  window,
} from 'vscode'

const REFRESH_MS = 60_000

const ICONS: Readonly<Record<string, ThemeIcon>> = {
  critical: new ThemeIcon('flame', new ThemeColor('list.errorForeground')),
  high: new ThemeIcon('error', new ThemeColor('list.errorForeground')),
  medium: new ThemeIcon('warning', new ThemeColor('list.warningForeground')),
  low: new ThemeIcon('lightbulb'),
  info: new ThemeIcon('info'),
}

/** Lists what Core found in the session; asks again every minute. */
export class InsightsView implements TreeDataProvider<InsightOut>, Disposable {
  readonly #getSession: () => Session | undefined
  readonly #changed = new EventEmitter<void>()
  readonly #view: TreeView<InsightOut>
  readonly #timer: NodeJS.Timeout
  #insights: InsightOut[] = []
  #isDisposed = false
  readonly onDidChangeTreeData = this.#changed.event

  constructor(getSession: () => Session | undefined) {
    this.#getSession = getSession
    this.#view = window.createTreeView('achilles.insights', { treeDataProvider: this })
    this.#timer = setInterval(() => this.refresh(), REFRESH_MS)
  }

  /** If Core cannot be asked, the list stays as it is and the view says why. */
  async refresh(): Promise<void> {
    let message = ''
    try {
      this.#insights = (await this.#getSession()?.insights()) ?? []
    } catch (error) {
      message = error instanceof Error ? error.message : String(error)
    }
    if (this.#isDisposed) return
    this.#view.message = message
    this.#changed.fire()
  }

  getChildren(parent?: InsightOut): InsightOut[] {
    return parent ? [] : this.#insights
  }

  getTreeItem({ insight_id, severity, category, title, message, created_at }: InsightOut): TreeItem {
    const item = new TreeItem(title)
    item.id = insight_id
    item.description = message
    item.tooltip = [`${severity}, ${category}`, message, created_at].join('\n')
    // Core may come to know more severities.
    item.iconPath = ICONS[severity] ?? new ThemeIcon('question')
    return item
  }

  dispose(): void {
    this.#isDisposed = true
    clearInterval(this.#timer)
    this.#view.dispose()
    this.#changed.dispose()
  }
}
