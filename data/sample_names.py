"""Names of the invented district: Chinese with a Latin form, none given twice in a layer.

Imports from numpy only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

Name = tuple[str, str]
"""A name in Chinese and in Latin letters."""

SEED = 20250901


def random_stream(part: int) -> np.random.Generator:
    """Return the random stream of one part, so that one part's changes leave the others alone."""
    return np.random.default_rng([SEED, part])


def _pairs(text: str) -> list[Name]:
    """Read 'word latin, word latin' into pairs."""
    return [(a, b.strip()) for a, _, b in (p.strip().partition(" ") for p in text.split(","))]


DISTRICT: Name = ("霁川区", "Jichuan Qu")
RIVER: Name = ("霁水", "Ji Shui")

FIRST = _pairs(
    "澜 lan, 霁 ji, 汀 ting, 栖 qi, 朗 lang, 澄 cheng, 荻 di, 桑 sang, 翠 cui, 锦 jin, 棠 tang, 梧 wu,"
    "樟 zhang, 桂 gui, 枫 feng, 柏 bai, 芷 zhi, 蘅 heng, 云 yun, 霞 xia, 曦 xi, 晴 qing, 沐 mu, 悦 yue,"
    "瑞 rui, 宁 ning, 康 kang, 泰 tai, 嘉 jia, 景 jing, 永 yong, 兴 xing, 竹 zhu, 雁 yan, 鹭 lu, 松 song"
)
SECOND = _pairs(
    "溪 xi, 川 chuan, 泽 ze, 湖 hu, 湾 wan, 岭 ling, 坪 ping, 峰 feng, 谷 gu, 原 yuan, 林 lin, 庭 ting,"
    "台 tai, 岸 an, 洲 zhou, 塘 tang, 泉 quan, 月 yue, 辰 chen, 华 hua, 阳 yang, 晖 hui, 乐 le, 祥 xiang"
)
SURNAMES = _pairs(
    "佘 she, 邬 wu, 闵 min, 糜 mi, 郜 gao, 湛 zhan, 瞿 qu, 鄢 yan, 蔺 lin, 卞 bian, 昝 zan, 冼 xian,"
    "仇 qiu, 芮 rui, 储 chu, 靳 jin, 邸 di, 盘 pan, 逄 pang, 缪 miao, 詹 zhan, 漆 qi, 钮 niu, 巫 wu,"
    "艾 ai, 宓 mi, 阚 kan, 景 jing, 亓 qi, 喻 yu"
)
ESTATES = _pairs(
    "花园 Huayuan, 家园 Jiayuan, 雅苑 Yayuan, 名邸 Mingdi, 公馆 Gongguan, 华庭 Huating, 府 Fu, 新苑 Xinyuan"
)
LANES = _pairs("巷 Xiang, 里 Li, 坊 Fang, 弄 Long, 街 Jie")
OLD_QUARTERS = _pairs(
    "里小区 Li Xiaoqu, 坊小区 Fang Xiaoqu, 巷小区 Xiang Xiaoqu, 新村 Xincun, 小区 Xiaoqu"
)
FACTORY_QUARTERS = _pairs("厂一村 Chang Yicun, 厂二村 Chang Ercun, 厂宿舍 Chang Sushe, 新村 Xincun")
URBAN_VILLAGES = _pairs("家村 jiacun, 家桥 jiaqiao, 家塘 jiatang, 家埠 jiabu")
VILLAGES = _pairs(
    "家湾 jiawan, 家垄 jialong, 家坪 jiaping, 家冲 jiachong, 家岭 jialing, 家源 jiayuan"
)
AVENUES = _pairs("大道 Dadao, 路 Lu, 路 Lu, 路 Lu")
RURAL_ROADS = _pairs("公路 Gonglu, 路 Lu")
PRIVATE_KINDERGARTENS = _pairs(
    "小蜗牛 Xiao Woniu, 蒲公英 Pugongying, 小石榴 Xiao Shiliu, 青豆荚 Qing Doujia, 小雨点 Xiao Yudian,"
    "月亮船 Yueliang Chuan, 小山雀 Xiao Shanque, 麦芽 Maiya, 蓝蜻蜓 Lan Qingting, 小灯笼 Xiao Denglong,"
    "风信子 Fengxinzi, 小橘灯 Xiao Judeng, 萤火虫 Yinghuochong, 竹蜻蜓 Zhu Qingting, 向日葵 Xiangrikui,"
    "纸飞机 Zhi Feiji, 小白鹭 Xiao Bailu, 七彩石 Qicai Shi, 甜枣 Tianzao, 小木马 Xiao Muma,"
    "花喜鹊 Hua Xique, 小溪流 Xiao Xiliu, 红陶罐 Hong Taoguan, 棉花糖 Mianhua Tang"
)
PHASES = _pairs("一期 Yiqi, 二期 Erqi, 三期 Sanqi, 四期 Siqi")
NUMBERS = _pairs(
    "一 yi, 二 er, 三 san, 四 si, 五 wu, 六 liu, 七 qi, 八 ba, 九 jiu, 十 shi, 十一 shiyi, 十二 shier"
)

REAL_PLACES = frozenset(
    [
        "桂林",
        "柏林",
        "嘉祥",
        "永川",
        "桂阳",
        "松原",
        "松溪",
        "松阳",
        "松岭",
        "宁阳",
        "康乐",
        "云阳",
        "云林",
        "云溪",
        "云台",
        "沐川",
        "竹溪",
        "景谷",
        "景阳",
        "澄湖",
        "翠湖",
        "枫溪",
        "桂洲",
        "锦溪",
        "晴川",
        "永乐",
        "兴华",
        "泰湖",
        "柏泉",
        "樟林",
    ]
)
"""Pairs of the characters above that well-known places bear: never given."""


class NameBook:
    """Gives names of one layer and remembers them, so that none is given twice."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng
        self._used: set[str] = set()

    def place(self, suffixes: Sequence[Name]) -> Name:
        """Return a name of two poetic characters and a suffix set apart: 澜溪花园, Lanxi Huayuan."""
        while True:
            first, second, suffix = (self._one(x) for x in (FIRST, SECOND, suffixes))
            if first[0] + second[0] in REAL_PLACES:
                continue
            latin = f"{syllables(first[1], second[1])} ".capitalize() + suffix[1]
            if self.take((first[0] + second[0] + suffix[0], latin)):
                return first[0] + second[0] + suffix[0], latin

    def village(self, suffixes: Sequence[Name]) -> Name:
        """Return a name of a family and a suffix written together: 邬家湾, Wujiawan."""
        while True:
            family, suffix = self._one(SURNAMES), self._one(suffixes)
            name = (family[0] + suffix[0], (family[1] + suffix[1]).capitalize())
            if self.take(name):
                return name

    def take(self, name: Name) -> bool:
        """Reserve a name; False when its Chinese or its Latin form is taken already."""
        if name[0] in self._used or name[1] in self._used:
            return False
        self._used.update(name)
        return True

    def _one(self, choices: Sequence[Name]) -> Name:
        return choices[int(self._rng.integers(len(choices)))]


def syllables(first: str, second: str) -> str:
    """Write two syllables as one word; an apostrophe parts them where a vowel follows: Rui'an."""
    return first + ("'" if second[0] in "aeo" else "") + second


def join(first: Name, second: Name) -> Name:
    """Set one name behind another: 霁川区 + 第一幼儿园."""
    return first[0] + second[0], f"{first[1]} {second[1]}"
