/**
 * An SVG of echarts as a picture alone: without what it adds for a page's script and pointer, some of which differs each
 * time, and with a name for who cannot see it.
 */
export const plainSvg = (svg: string, name: string): string =>
  svg
    .replaceAll(/<style\b.*?<\/style>\s*/gs, '')
    .replaceAll(/ (?:class|ecmeta_\w+|xml:space|xmlns:xlink|version|baseProfile)="[^"]*"/g, '')
    .replaceAll(/<(\w+)([^<>]*)><\/\1>/g, '<$1$2/>')
    .replace(/<svg\b[^>]*>/, `$&\n<title>${name}</title>`)
    .replace('<svg', '<svg role="img"')
    .trim()
    .concat('\n')
