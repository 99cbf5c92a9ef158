import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import type { Series } from '../model/traffic.js';
import { isDark, theme } from './theme.js';

/** One line of a chart. */
export interface Line {
  readonly name: string;
  /** The CSS variable of its colour. */
  readonly color: string;
  readonly fill?: boolean;
}

/** Distances between the lines of the value axis. */
const STEPS = [0.5, ...[1, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9].flatMap(power => [power, 2 * power, 5 * power])];

const variable = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** A chart over time. Screen readers get the last values as text. */
export function Chart({
  title,
  series,
  lines,
  write,
}: {
  title: string;
  series: Series;
  lines: readonly Line[];
  write(value: number): string;
}) {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);
  const dark = isDark();
  void theme.value;
  useEffect(() => {
    const element = box.current!;
    const axis = {
      stroke: variable('--muted'),
      grid: { stroke: variable('--line'), width: 1 },
      ticks: { show: false },
      font: '11px system-ui, sans-serif',
    };
    const made = new uPlot(
      {
        width: element.clientWidth || 300,
        height: element.clientHeight || 90,
        cursor: { drag: { x: false, y: false }, points: { size: 5 } },
        legend: { show: false },
        padding: [6, 24, 0, 0],
        scales: { y: { range: (_, __, most) => [0, Math.max(1, (most ?? 0) * 1.15)] } },
        axes: [
          {
            ...axis,
            size: 20,
            space: 70,
            incrs: [5, 10, 30, 60, 300, 600, 1800, 3600],
            values: [
              [3600, '{HH}:{mm}', null, null, null, null, null, null, 1],
              [60, '{HH}:{mm}', null, null, null, null, null, null, 1],
              [1, '{HH}:{mm}:{ss}', null, null, null, null, null, null, 1],
            ],
          },
          {
            ...axis,
            size: 56,
            space: 24,
            incrs: STEPS,
            values: (_, values) =>
              values.map(value => (value < 10 && value % 1 !== 0 ? value.toFixed(1) : write(value))),
          },
        ],
        series: [
          {},
          ...lines.map(({ name, color, fill }) => ({
            label: name,
            stroke: variable(color),
            width: 1.5,
            points: { show: false },
            spanGaps: true,
            ...(fill && { fill: `${variable(color)}33` }),
          })),
        ],
      },
      [[], ...lines.map(() => [])],
      element,
    );
    plot.current = made;
    const observer = new ResizeObserver(() => {
      if (element.clientWidth > 0) made.setSize({ width: element.clientWidth, height: element.clientHeight });
    });
    observer.observe(element);
    return () => {
      observer.disconnect();
      made.destroy();
    };
  }, [dark, lines.length]);
  useEffect(() => {
    plot.current?.setData([series.times as number[], ...(series.lines as (number | null)[][])]);
  }, [series, dark]);
  const last = series.lines.map(line => line.at(-1));
  return (
    <figure class="chart">
      <figcaption>
        {title}
        {lines.map(({ name, color }, i) => (
          <span key={name} class="key">
            <i style={{ background: `var(${color})` }} />
            {name} <b>{last[i] === undefined || last[i] === null ? '–' : write(last[i])}</b>
          </span>
        ))}
      </figcaption>
      <div class="plot" ref={box} aria-hidden="true" />
    </figure>
  );
}
