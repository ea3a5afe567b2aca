/** The state that an action changes: a row, its words by their names. */
import { BACKEND_WORDS, ROW_WORDS, WORD } from './layout.ts';
import type { Link } from './links.ts';
import type { ModelDisk } from './model-disk.ts';
import type { Tables } from './tables.ts';

export class Draft {
  readonly row = new Int32Array(ROW_WORDS);
  /** What the last action broke. */
  readonly found: string[] = [];
  readonly tables: Tables;

  constructor(tables: Tables) {
    this.tables = tables;
  }

  get control(): number {
    return this.row[WORD.control] as number;
  }

  set control(number: number) {
    this.row[WORD.control] = number;
  }

  coordinator(place: number): number {
    return this.row[WORD.coordinator + place] as number;
  }

  setCoordinator(place: number, state: number): void {
    this.row[WORD.coordinator + place] = state;
  }

  process(backend: number): number {
    return this.row[WORD.process + BACKEND_WORDS * backend] as number;
  }

  setProcess(backend: number, state: number): void {
    this.row[WORD.process + BACKEND_WORDS * backend] = state;
  }

  disk(backend: number): ModelDisk {
    return this.tables.diskOf(this.row, backend);
  }

  setDisk(backend: number, disk: ModelDisk): void {
    this.row[WORD.disk + BACKEND_WORDS * backend] = this.tables.disks.number(disk);
  }

  errands(backend: number): number {
    return this.row[WORD.errands + BACKEND_WORDS * backend] as number;
  }

  setErrands(backend: number, number: number): void {
    this.row[WORD.errands + BACKEND_WORDS * backend] = number;
  }

  link(backend: number): number {
    return this.row[WORD.link + BACKEND_WORDS * backend] as number;
  }

  linkOf(backend: number): Link {
    return this.tables.links.link(this.link(backend));
  }

  setLink(backend: number, number: number): void {
    this.row[WORD.link + BACKEND_WORDS * backend] = number;
  }
}
