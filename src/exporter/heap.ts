import { setFlagsFromString } from 'node:v8';

/**
 * Makes V8 wait until the heap has grown to four times its size before it collects all of it.
 *
 * Results come as large buffers outside the heap, and V8 counts those as growth: with its own measure a result of 100,000
 * rows, over and over, makes it stop the main thread for milliseconds several times a second, to find a heap of 17 MB
 * unchanged. That is most of what a scrape would feel of a refresh; it costs about 20 MB.
 *
 * To be called when the first result is there: V8 refuses code that was compiled under other flags, Node's own included, so
 * that a thread that starts later takes twice as long.
 */
export function letHeapGrow(): void {
  setFlagsFromString('--heap-growing-percent=300');
}
