"""Drives clients that others wrote against `heikin exchange-sim`, unchanged: what they take for
Binance must be enough like it. Usage: check.py PATH_OF_HEIKIN
"""

import asyncio
import json
import subprocess
import sys
from decimal import Decimal

import ccxt
import ccxt.pro
from binance import AsyncClient, BinanceSocketManager
from binance.client import Client
from binance.exceptions import BinanceAPIException

KEY, SECRET = "key-of-the-check", "secret-of-the-check"
PATIENCE = 60


def check(name, holds, seen=None):
    """A fact; where it does not hold, all is over."""
    if not holds:
        sys.exit(f"FAILED: {name}: {seen!r}")
    print(f"ok: {name}")


def near(price, share):
    """A price that far from this one, on the grid."""
    return f"{(Decimal(str(price)) * Decimal(share)).quantize(Decimal('0.01')):f}"


def of_ccxt(addresses, module):
    rest, streams = addresses["rest"], addresses["streams"]
    return module.binance({
        "apiKey": KEY,
        "secret": SECRET,
        "urls": {
            "api": {
                "public": f"{rest}/api/v3",
                "private": f"{rest}/api/v3",
                "sapi": f"{rest}/sapi/v1",
                "ws": {"spot": f"{streams}/ws", "ws-api": {"spot": addresses["websocket_api"]}},
            },
        },
        "options": {
            "defaultType": "spot",
            "fetchMarkets": {"types": ["spot"]},
            "fetchCurrencies": False,
            "fetchMargins": False,
        },
    })


def check_ccxt(addresses):
    exchange = of_ccxt(addresses, ccxt)
    market = exchange.load_markets()["BTC/USDT"]
    check("ccxt: the symbol trades", market["active"] and market["precision"]["price"] == 0.01)
    candles = exchange.fetch_ohlcv("BTC/USDT", "1h", limit=10)
    check("ccxt: candles", len(candles) == 10, candles)
    check("ccxt: ticker", exchange.fetch_ticker("BTC/USDT")["last"] > 0)
    book = exchange.fetch_order_book("BTC/USDT", limit=5)
    check("ccxt: book", book["bids"][0][0] < book["asks"][0][0], book)
    last = exchange.fetch_trades("BTC/USDT", limit=1)[0]["price"]
    check("ccxt: balance", exchange.fetch_balance()["USDT"]["free"] == 10000)
    placed = exchange.create_order("BTC/USDT", "limit", "buy", 0.001, near(last, "0.5"))
    found = exchange.fetch_order(placed["id"], "BTC/USDT")
    check("ccxt: an order is found", found["status"] == "open", found)
    check("ccxt: it is open", len(exchange.fetch_open_orders("BTC/USDT")) == 1)
    canceled = exchange.cancel_order(placed["id"], "BTC/USDT")
    check("ccxt: it is cancelled", canceled["status"] == "canceled", canceled)
    bought = exchange.create_order("BTC/USDT", "market", "buy", 0.001)
    check("ccxt: a market order fills", bought["status"] == "closed", bought)
    trades = exchange.fetch_my_trades("BTC/USDT")
    check("ccxt: its trade", trades[-1]["order"] == bought["id"], trades)
    check("ccxt: its fee", trades[-1]["fee"]["currency"] == "BTC", trades)
    try:
        exchange.create_order("BTC/USDT", "limit", "buy", 10, near(last, "0.9"))
        check("ccxt: no money, no order", False)
    except ccxt.InsufficientFunds:
        check("ccxt: no money, no order", True)
    try:
        exchange.cancel_order(placed["id"], "BTC/USDT")
        check("ccxt: cancelled is cancelled", False)
    except ccxt.OrderNotFound:
        check("ccxt: cancelled is cancelled", True)


async def check_ccxt_streams(addresses):
    exchange = of_ccxt(addresses, ccxt.pro)
    try:
        await exchange.load_markets()
        candles = await asyncio.wait_for(exchange.watch_ohlcv("BTC/USDT", "1m"), PATIENCE)
        check("ccxt: a candle is streamed", candles[-1][4] > 0, candles)
        watching = asyncio.ensure_future(exchange.watch_orders("BTC/USDT"))
        # Nothing says that it listens by now; every order is another chance.
        last = candles[-1][4]
        for _ in range(PATIENCE):
            placed = await exchange.create_order(
                "BTC/USDT", "limit", "buy", 0.001, near(last, "0.5"))
            done, _ = await asyncio.wait([watching], timeout=1)
            await exchange.cancel_order(placed["id"], "BTC/USDT")
            if done:
                break
        check("ccxt: an order is told", watching.done() and watching.result()[0]["symbol"] == "BTC/USDT")
    finally:
        await exchange.close()


def of_python_binance(addresses, client):
    """The client with these addresses: it has them as attributes of its class."""
    own = {"API_URL": f"{addresses['rest']}/api", "WS_API_URL": addresses["websocket_api"]}
    return type("Local", (client,), own)


def check_python_binance(addresses):
    client = of_python_binance(addresses, Client)(KEY, SECRET)
    check("python-binance: ping", client.ping() == {})
    rules = client.get_symbol_info("BTCUSDT")
    check("python-binance: filters", any(it["filterType"] == "LOT_SIZE" for it in rules["filters"]))
    candles = client.get_klines(symbol="BTCUSDT", interval=Client.KLINE_INTERVAL_5MINUTE, limit=7)
    check("python-binance: candles", len(candles) == 7, candles)
    check("python-binance: account", client.get_asset_balance("USDT") is not None)
    last = client.get_symbol_ticker(symbol="BTCUSDT")["price"]
    placed = client.order_limit_buy(
        symbol="BTCUSDT", quantity="0.001", price=near(last, "0.5"), newClientOrderId="python")
    check("python-binance: an order is placed", placed["status"] == "NEW", placed)
    found = client.get_order(symbol="BTCUSDT", origClientOrderId="python")
    check("python-binance: it is found", found["orderId"] == placed["orderId"], found)
    check("python-binance: it is open", len(client.get_open_orders(symbol="BTCUSDT")) == 1)
    canceled = client.cancel_order(symbol="BTCUSDT", orderId=placed["orderId"])
    check("python-binance: it is cancelled", canceled["status"] == "CANCELED", canceled)
    bought = client.order_market_buy(symbol="BTCUSDT", quoteOrderQty="100")
    check("python-binance: a market order fills", bought["fills"] != [], bought)
    check("python-binance: its trade", client.get_my_trades(symbol="BTCUSDT") != [])
    try:
        client.order_limit_buy(symbol="BTCUSDT", quantity="0.001", price="1.001")
        check("python-binance: a filter is told", False)
    except BinanceAPIException as error:
        check("python-binance: a filter is told", error.code == -1013, error)


async def check_python_binance_events(addresses):
    client = of_python_binance(addresses, AsyncClient)(KEY, SECRET)
    try:
        sockets = BinanceSocketManager(client)
        async with sockets.user_socket() as events:
            last = (await client.get_symbol_ticker(symbol="BTCUSDT"))["price"]
            placed = await client.order_limit_buy(
                symbol="BTCUSDT", quantity="0.001", price=near(last, "0.5"))
            told = await asyncio.wait_for(events.recv(), PATIENCE)
            event = told.get("event", told)
            check("python-binance: an order is told", event["i"] == placed["orderId"], told)
    finally:
        await client.close_connection()


def main():
    simulator = subprocess.Popen(
        [sys.argv[1], "exchange-sim", "--symbol", "BTCUSDT", "--api-key", KEY, "--api-secret", SECRET,
         "--balance", "USDT=10000", "--balance", "BTC=0"],
        stdout=subprocess.PIPE, text=True)
    try:
        addresses = json.loads(simulator.stdout.readline())
        check_ccxt(addresses)
        asyncio.run(check_ccxt_streams(addresses))
        check_python_binance(addresses)
        asyncio.run(check_python_binance_events(addresses))
    finally:
        simulator.terminate()
        ended = simulator.wait(PATIENCE)
    check("the simulator ends when it is told to", ended == 0, ended)


main()
