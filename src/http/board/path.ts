/** Where the queue board is. */

export const BOARD = '/queues';
export const SIGN_IN = `${BOARD}/sign-in`;
export const SIGN_OUT = `${BOARD}/sign-out`;

export const isBoardRoute = (url: string): boolean => url === BOARD || url.startsWith(`${BOARD}/`);
