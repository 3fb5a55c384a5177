export const LABELS = ['shop', 'state', 'customer'] as const;
export const VALUE = 'n';

/** One row as text, in the order of the labels, the value last. */
export type Order = readonly [shop: string, state: string, customer: string, n: string];

/** The rows of the table `orders`, for whoever measures without a database. */
export function createOrders(rows: number): readonly Order[] {
  return Array.from({ length: rows }, (_, index) => {
    const i = index + 1;
    return [`shop-${i % 977}`, `st${i % 13}`, `customer_${i}`, String((i * 7919) % 100_003)];
  });
}
