// Every Alpine component by the name that x-data gives it.
export function register(Alpine) {
}
