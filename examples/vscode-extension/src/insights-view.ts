import type { InsightOut, InsightWatch, Session } from '@achilles/mcp-client'
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

const ICONS: Readonly<Record<string, ThemeIcon>> = {
  critical: new ThemeIcon('flame', new ThemeColor('list.errorForeground')),
  high: new ThemeIcon('error', new ThemeColor('list.errorForeground')),
  medium: new ThemeIcon('warning', new ThemeColor('list.warningForeground')),
  low: new ThemeIcon('lightbulb'),
  info: new ThemeIcon('info'),
}

/** Lists what Core found in the session, as it appears. */
export class InsightsView implements TreeDataProvider<InsightOut>, Disposable {
  readonly #getSession: () => Session | undefined
  readonly #changed = new EventEmitter<void>()
  readonly #view: TreeView<InsightOut>
  #watch: InsightWatch | undefined
  #insights: InsightOut[] = []
  #isDisposed = false
  readonly onDidChangeTreeData = this.#changed.event

  constructor(getSession: () => Session | undefined) {
    this.#getSession = getSession
    this.#view = window.createTreeView('achilles.insights', { treeDataProvider: this })
  }

  /** Replaces what is listed by the insights of this session, of which new ones are added at the top. */
  watch(session: Session): void {
    this.#watch?.close()
    this.#insights = []
    this.#show('')
    this.#watch = session.watchInsights({
      onInsight: (insight) => {
        this.#insights.unshift(insight)
        this.#show('')
      },
      onError: (error) => this.#show(String(error)),
    })
  }

  /** Also gets what Core has changed. If Core cannot be asked, the list stays as it is and the view says why. */
  async refresh(): Promise<void> {
    try {
      this.#insights = (await this.#getSession()?.insights()) ?? []
      this.#show('')
    } catch (error) {
      this.#show(error instanceof Error ? error.message : String(error))
    }
  }

  #show(message: string): void {
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
    this.#watch?.close()
    this.#view.dispose()
    this.#changed.dispose()
  }
}
